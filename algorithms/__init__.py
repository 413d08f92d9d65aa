"""Shared mathematics on arrays: bounds, relaxations, step rules, Max-Cut with an anchor, bounded-integer bits.

Plain functions and frozen results; import the module you need (nothing is imported here, so that importing the room
costs nothing).
"""
