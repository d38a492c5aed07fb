"""foodtrace.intake"""
