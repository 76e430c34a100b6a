"""An offline carrier: it rings phones that do not exist and speaks Twilio's API to your code."""
