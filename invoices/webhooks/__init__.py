"""Webhooks tell programs about events: the allowed hosts, the requests that are sent, and the repeated
attempts."""
