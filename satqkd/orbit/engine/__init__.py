"""The fast path from element sets to contacts; nobody else's business."""
