"""From a policy criterion and counts to estimates."""
