print("auditrpc")
