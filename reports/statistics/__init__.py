"""Quantiles, their intervals, and when a figure rests on too little."""
