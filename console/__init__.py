"""Redline: the console in which people catch and correct what an AI customer-service agent got wrong."""
