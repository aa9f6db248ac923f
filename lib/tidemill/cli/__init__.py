"""What a person types besides spark-submit: the command `tidemill`."""
