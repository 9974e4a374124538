"""Pages of the returns, gathered from their parts."""

from returns.web import downloads_urls, recipient_urls, supplier_urls

urlpatterns = [*recipient_urls.urlpatterns, *supplier_urls.urlpatterns, *downloads_urls.urlpatterns]
