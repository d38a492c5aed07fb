"""The command line of foodtrace."""
