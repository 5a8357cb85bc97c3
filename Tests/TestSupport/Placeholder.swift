// Helpers of the tests, one a file.
