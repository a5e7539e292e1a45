"""The simulated Shopify inside Locust: session, driver, load, quiesce, and the generator's own figures and health."""
