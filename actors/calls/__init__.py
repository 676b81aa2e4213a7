"""Paid calls between a fan and a creator, metered by the block: rules, one actor a call, a desk."""
