"""Subscriptions: tiers, promo codes, quotes that are paid from outside, and what follows."""
