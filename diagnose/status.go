package diagnose

// HTTP status codes that say something by themselves
// (https://www.iana.org/assignments/http-status-codes). They are written here
// because this room reads what HTTP said and speaks none itself.
const (
	statusOK                  = 200
	statusProxyAuthRequired   = 407
	statusRequestTimeout      = 408
	statusTooManyRequests     = 429
	statusInternalServerError = 500
	statusGatewayTimeout      = 504
	statusNetworkAuthRequired = 511
)
