"""The pages of the purchase register."""
