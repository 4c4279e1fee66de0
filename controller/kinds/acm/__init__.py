"""Certificate Manager: certificates that AWS issues and renews."""
