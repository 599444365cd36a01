package diagnose

// networkEntries are about the way to Microsoft. The words are those of Go,
// .NET, Python, Node, Java, curl, PowerShell and Windows.
var networkEntries = []Entry{
	{
		Cause: CauseTLSUntrusted, Title: "The certificate of the other side is not trusted",
		Explanation: "The certificate was not issued by an authority that this computer trusts, or not for this host. Mostly a proxy that inspects traffic answers with its own.",
		Remedy: []string{
			"Ask the network team for the root certificate of the inspecting proxy, and have it added to this computer's trust store.",
			"On Linux, point SSL_CERT_FILE to a bundle that contains it.",
			"Better: have login.microsoftonline.com and graph.microsoft.com (or your cloud's hosts) left out of the inspection.",
		},
		Who: whoNetwork,
		Texts: []string{"keine Vertrauensstellung", "unable to get local issuer certificate", "certificate signed by unknown authority", "unable to verify the first certificate", "self signed certificate", "self-signed certificate", "SELF_SIGNED_CERT_IN_CHAIN", "DEPTH_ZERO_SELF_SIGNED_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
			"PKIX path building failed", "unable to find valid certification path", "The remote certificate is invalid", "remote certificate was rejected", "PartialChain", "UntrustedRoot", "RemoteCertificateChainErrors", "RemoteCertificateNameMismatch", "Could not establish trust relationship", "SEC_E_UNTRUSTED_ROOT", "CERT_E_UNTRUSTEDROOT", "CERT_TRUST_IS_UNTRUSTED_ROOT",
			"certificate is not trusted", "certificate is valid for", "certificate is not valid for any names", "doesn't match any of the subject alternative names", "No subject alternative DNS name matching", "Hostname/IP does not match certificate", "ERR_TLS_CERT_ALTNAME_INVALID", "doesn't match either of", "certificate subject name & does not match", "no alternative certificate subject name matches", "SSL: no alternative certificate", "x509: certificate relies on legacy Common Name", "curl: (60)", "curl: (51)", "SSLCertVerificationError", "ssl certificate problem", "trust anchor for certification path not found", "certificate is not standards compliant", "unknown_ca", "tlsv1 alert unknown ca", "unknown certificate authority", "CERTIFICATE_VERIFY_FAILED", "SEC_E_CERT_UNKNOWN", "certificate authority is invalid", "Certificate not trusted"},
		Hints: []string{"certificate verify failed", "Certificate verification failed", "The SSL connection could not be established", "Could not create SSL/TLS secure channel", "SSLHandshakeException", "bad certificate", "x509:", "certificate verification error", "failed to verify certificate", "SSL routines"}, Source: "https://learn.microsoft.com/cli/azure/use-azure-cli-successfully-troubleshooting",
	},
	{
		Cause: CauseCertificateExpired, Title: "The certificate is out of date, or this computer's clock is wrong",
		Explanation: "The certificate of the other side has expired or is not valid yet by this computer's clock. Microsoft's are renewed in time, so look at the clock and at an inspecting proxy first.",
		Remedy: []string{
			"Compare this computer's date, time and time zone with the real ones, and set them right.",
			"If the clock is right, see who issued the certificate: an inspecting proxy's own certificate may have run out.",
		},
		Who:     whoNetwork,
		Details: []string{"certificate has expired", "CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID", "NotTimeValid", "CertificateExpiredException", "CertificateNotYetValidException", "certificate is not yet valid", "CERT_E_EXPIRED", "SEC_E_CERT_EXPIRED", "certificate is expired", "certificate expired", "NotAfter:", "ssl/tls alert certificate expired", "not within its validity period"}, Source: "https://learn.microsoft.com/cli/azure/use-azure-cli-successfully-troubleshooting",
	},
	{
		Cause: CauseProxyAuthRequired, Title: "The proxy wants a user name and password",
		Explanation: "The proxy of your network lets only signed-in programs through, and this one brought no credentials that it accepts.",
		Remedy: []string{
			"Ask the network team to let this computer reach Microsoft's sign-in and Graph hosts without a sign-in at the proxy.",
			"Or run a local helper that signs in to the proxy for you, such as Px or cntlm, and give palmail its address: --proxy http://127.0.0.1:3128.",
		},
		Who:     whoNetwork,
		Details: []string{"Proxy Authentication Required", "407 Proxy", "ProxyAuthenticationRequired", "code 407 from proxy", "Cannot complete tunnel & 407", "ERR_PROXY_AUTH", "proxy authentication failed", "HTTP/1.1 407", "HTTP/1.0 407", "Tunnel connection failed: 407", "CONNECT tunnel failed, response 407", "status code 407", "the proxy tunnel request failed with status code '407'", "statusCode=407", "error: (407)", "ERR_CACHE_ACCESS_DENIED", "proxy requires authentication"},
		Source:  docNetwork,
	},
	{
		Cause: CauseProxySchemeWrong, Title: "The proxy is spoken to in the wrong way",
		Explanation: "The other side speaks plain http where https was expected. Mostly HTTPS_PROXY says https:// although the proxy itself is an http proxy.",
		Remedy: []string{
			"Look at HTTPS_PROXY (or the system's proxy setting): its value mostly must start with http://, also for https traffic.",
			"Check the port as well.",
		},
		Who:     whoYou,
		Details: []string{"WRONG_VERSION_NUMBER", "wrong version number", "server gave HTTP response to HTTPS client", "first record does not look like a TLS handshake", "Unsupported or unrecognized SSL message", "packet length too long", "EPROTO & http_request", "Unrecognized SSL message, plaintext connection", "Your proxy appears to only use HTTP and not HTTPS", "SSL23_GET_SERVER_HELLO:unknown protocol", "plain HTTP request was sent to HTTPS port", "only supports the 'http' scheme", "http proxy & https scheme", "The proxy scheme is not supported", "ServicePointManager does not support proxies with the https scheme", "proxies with the https scheme", "UnsupportedProxyScheme", "proxy URL had no scheme", "unknown scheme & proxy", "HTTP_REQUEST:s", "SSL routines:ST_CONNECT:tlsv1 alert & http"},
		Texts:   []string{"Cannot determine the frame size or a corrupted frame was received", "The handshake failed due to an unexpected packet format"}, Source: "https://learn.microsoft.com/cli/azure/use-azure-cli-successfully-troubleshooting",
	},
	{
		Cause: CauseDNSFailed, Title: "The host's name could not be resolved",
		Explanation: "This computer could not find the address of the host. It has no network, its DNS server does not answer, or names outside are resolved only by the proxy.",
		Remedy: []string{
			"Check the host's name for typing errors, and that this computer has a network.",
			"Try: nslookup login.microsoftonline.com",
			"If this network reaches the outside only through a proxy, set HTTPS_PROXY.",
		},
		Who: whoNetwork, Retry: true,
		Details: []string{"dial tcp: lookup"},
		Texts:   []string{"no such host", "server misbehaving", "Temporary failure in name resolution", "Name or service not known", "nodename nor servname provided", "No address associated with hostname", "Name does not resolve", "getaddrinfo failed", "getaddrinfo ENOTFOUND", "getaddrinfo EAI_AGAIN", " ENOTFOUND ", " EAI_AGAIN ", "The remote name could not be resolved", "No such host is known", "Could not resolve host", "Couldn't resolve host", "Could not resolve proxy", "Couldn't resolve proxy", "UnknownHostException", "NameResolutionError", "NameResolutionFailure", "Failed to resolve", "DNS_PROBE_FINISHED", "ERR_NAME_NOT_RESOLVED", "WinError 11001", "Errno 11001", "[Errno -2]", "[Errno -3]", "[Errno -5]", "curl: (6)", "curl: (5)", "Der Remotename konnte nicht aufgelöst werden", "Le nom distant n'a pas pu être résolu", "No se puede resolver el nombre remoto", "host desconocido", "Der angegebene Host ist unbekannt", "Hôte inconnu", "getaddrinfo() failed", "the requested name is valid, but no data of the requested type was found", "dns lookup failed", "DNS name does not exist", "Resolving timed out"}, Source: docNetwork,
	},
	{
		Cause: CauseConnectionRefused, Title: "The connection was refused or cut",
		Explanation: "Something answered at the address but let nobody in, or cut the connection: mostly a firewall, or a proxy that is not running.",
		Remedy: []string{
			"Ask the network team to allow this computer to reach Microsoft's sign-in and Graph hosts on port 443.",
			"If HTTPS_PROXY is set, check its host and port.",
		},
		Who: whoNetwork, Retry: true,
		Texts: []string{"connection refused", "ECONNREFUSED", "actively refused it", "WinError 10061", "Errno 10061", "[Errno 111]", "[Errno 61]", "connection reset by peer", "ECONNRESET", "forcibly closed by the remote host", "WinError 10054", "[Errno 104]", "RemoteDisconnected", "Remote end closed connection without response", "socket hang up", "unexpected EOF", "no route to host", "network is unreachable", "Network unreachable", "EHOSTUNREACH", "ENETUNREACH", "WinError 10013", "WinError 10051", "WinError 10065", "forbidden by its access permissions", "Connection was reset", "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "curl: (52)", "Empty reply from server", "Received an unexpected EOF or 0 bytes from the transport stream", "EOF occurred in violation of protocol", "UNEXPECTED_EOF_WHILE_READING", "Remote host terminated the handshake", "Remote host closed connection during handshake", "Connection reset", "NoHttpResponseException", "The response ended prematurely", "Client network socket disconnected before secure TLS connection was established", "broken pipe", "EPIPE ", "tls: handshake failure", "verweigerte", "Connexion refusée", "Verbindung wurde geschlossen", "ENETDOWN", "tls handshake: EOF"},
		Hints: []string{": EOF ", "NewConnectionError", "Max retries exceeded with url", "Connection error", "WebException", "HttpRequestException", "An error occurred while sending the request", "ProtocolError", "fetch failed", "ProxyError", "Unable to connect to the remote server", "curl: (7)", "Failed to connect to", "Could not connect to server", "The underlying connection was closed", "curl: (35)", "curl: (56)", "wsarecv", "ConnectException", "Connection aborted", "SSL_ERROR_SYSCALL", "ConnectionError", "connection was closed"}, Source: docNetwork,
	},
	{
		Cause: CauseTimeout, Title: "The other side did not answer in time",
		Explanation: "No answer came. Mostly a firewall drops the packets without a word, or a proxy must be used; now and then the service is only slow.",
		Remedy: []string{
			"Try once more.",
			"If it stays, ask the network team to allow this computer to reach Microsoft's sign-in and Graph hosts on port 443.",
			"If this network needs a proxy, set HTTPS_PROXY.",
		},
		Who: whoNetwork, Retry: true,
		Texts: []string{"i/o timeout", "context deadline exceeded", "Client.Timeout exceeded", "TLS handshake timeout", "timeout awaiting response headers", "connected party did not properly respond after a period of time", "WinError 10060", "Errno 10060", "ETIMEDOUT", "ESOCKETTIMEDOUT", "ECONNABORTED", "ERR_CONNECTION_TIMED_OUT", "[Errno 110]", "[Errno 60]", "Connection timed out", "connect timed out", "Read timed out", "ReadTimeoutError", "ConnectTimeoutError", "ConnectTimeout", "SocketTimeoutException", "HttpConnectTimeoutException", "HttpTimeoutException", "ConnectTimeoutException", "The operation has timed out", "The operation timed out", "The request was canceled due to the configured HttpClient.Timeout", "curl: (28)", "Operation timed out", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "Connect Timeout Error", "timed out after", "Connection time out", "Timed out waiting for", "Zeitüberschreitung", "délai d'attente", "wait operation timed out", "Le délai d'attente de l'opération a expiré", "Request timed out", "network timeout"},
		Hints: []string{" timed out ", " timeout ", "TimeoutException", "A task was canceled"}, Source: docNetwork,
	},
	{
		Cause: CauseNotMicrosoft, Title: "Something that is not Microsoft answered",
		Explanation: "The answer is a web page or a refusal from something in between: a captive portal of the network, a proxy's page, or a sign-in page.",
		Remedy: []string{
			"Open any page in a browser on this computer: if the network wants a sign-in, do that first.",
			"Otherwise ask the network team to let Microsoft's sign-in and Graph hosts through the proxy unchanged.",
		},
		Who:     whoNetwork,
		Details: []string{"generated & by squid", "the proxy & answered 403", "the proxy & answered 50", "Tunnel connection failed: 403", "code 403 from proxy after CONNECT", "CONNECT tunnel failed, response 403", "CONNECT tunnel failed, response 50", "proxy tunnel request & failed with status code '403'", "proxy tunnel request & failed with status code '50"},
		Texts:   []string{"captive portal", "Web Page Blocked", "Zscaler", "FortiGuard", "FortiGate", "Blue Coat", "policy_denied", "Network Authentication Required", "Unexpected token < in JSON", "Unexpected token '<'", "invalid character '<' looking for beginning of value", "Unexpected character encountered while parsing value: <", "'<' is an invalid start of a value", "is not valid JSON & <!DOCTYPE", "JSONDecodeError & <html", "Your organization's policy & blocked", "Access to this site is blocked", "This site is blocked", "Websense", "Forcepoint", "Cisco Umbrella", "URL filtering", "Barracuda", "Palo Alto Networks", "Sophos Web Appliance", "McAfee Web Gateway", "Skyhigh", "Netskope", "Menlo Security", "iboss", "Unable to forward this request at this time", "Expecting value: line 1 column 1 (char 0)", "ERR_ACCESS_DENIED"},
		Hints:   []string{"<html", "<!DOCTYPE html", "text/html"}, Source: docNetwork,
	},
	{
		Cause: CauseUnknown, Title: "palmail does not know this failure",
		Explanation: "None of the failures that palmail knows fits this text. The codes and IDs in it help others to find out.",
		Remedy: []string{
			"Look the code up, if there is one: https://login.microsoftonline.com/error?code=NUMBER shows what an AADSTS code means.",
			"Try again once; if it stays, open a case with Microsoft and give the text, the IDs and the time.",
		},
		Who: whoYou, Source: docCodes,
	},
}
