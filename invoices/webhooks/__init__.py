"""Webhooks inform programs about events. This package has the allowed hosts, the requests, and the repeated
attempts."""
