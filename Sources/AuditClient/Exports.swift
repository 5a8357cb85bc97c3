// The values of requests and answers: whoever imports the client needs them.
@_exported public import Codec
