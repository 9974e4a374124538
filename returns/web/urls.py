"""Pages of the returns, gathered from their parts."""

from returns.web import clock_urls, downloads_urls, ops_urls, recipient_urls, supplier_urls

urlpatterns = [
    *clock_urls.urlpatterns,
    *recipient_urls.urlpatterns,
    *supplier_urls.urlpatterns,
    *downloads_urls.urlpatterns,
    *ops_urls.urlpatterns,
]
