"""Alert groups, which are our alerts; alerts, which are our events; and what people note down about them."""
