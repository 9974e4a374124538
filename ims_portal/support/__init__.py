"""Thin Django helpers without models."""
