"""Webhooks inform programs about events. This package checks the hosts, sends the requests, and repeats
failed attempts."""
