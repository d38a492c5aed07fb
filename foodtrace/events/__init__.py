"""foodtrace.events"""
