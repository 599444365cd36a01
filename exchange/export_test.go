package exchange

// Quote and OPATH are the two ways of quoting, for the tests.
var (
	Quote = quote
	OPATH = opath
)
