package exchange

// OPATH is the inner way of quoting, for the tests.
var OPATH = quoteOPATH
