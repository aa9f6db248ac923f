"""The demo: deliveries made from real data with counted faults, the steps that load them, and the page that tells."""
