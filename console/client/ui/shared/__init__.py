"""What several screens draw with: chips, option groups, words for values, the action registry."""
