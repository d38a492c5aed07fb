"""foodtrace.storage"""
