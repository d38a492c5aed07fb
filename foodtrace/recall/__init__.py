"""foodtrace.recall"""
