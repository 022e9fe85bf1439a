"""What a pilot would need before it begins: sizes, looks, months; and whether it can be had."""
