package diagnose

// networkEntries are about the way to Microsoft. The words are those of Go,
// .NET, Python, Node, Java, curl, PowerShell and Windows.
var networkEntries = []Entry{
	{
		Cause: CauseTLSUntrusted, Title: "The certificate of the other side is not trusted",
		Explanation: "The certificate was not issued by an authority that this computer trusts, or not for this " +
			"host. Usually a proxy that inspects traffic answers with its own.",
		Remedy: []string{
			"Find out who issued it: openssl s_client -connect {login}:443 -servername {login} shows the issuer, or " +
				"the padlock of a browser on this computer. If it is not Microsoft or DigiCert, a proxy inspects.",
			"Ask the network team for the root certificate of the inspecting proxy, and have it added to this " +
				"computer's trust store. On Windows: certlm.msc > Trusted Root Certification Authorities > Import.",
			"On Linux, point SSL_CERT_FILE to a bundle that contains it. Node: NODE_EXTRA_CA_CERTS. Python: " +
				"REQUESTS_CA_BUNDLE. Java: keytool -importcert into cacerts.",
			"Better: have {login} and {graph} excluded from the inspection.",
			"To see that it worked, run palmail check: the network line passes.",
		},
		Who: whoNetwork,
		Texts: []string{"keine Vertrauensstellung", "unable to get local issuer certificate",
			"certificate signed by unknown authority", "unable to verify the first certificate",
			"self signed certificate in certificate chain", "self-signed certificate in certificate chain",
			"self signed certificate & error|verify*|SSL|TLS|code",
			"self-signed certificate & verify*|SSL routines|x509|curl|CERTIFICATE_VERIFY_FAILED",
			"SELF_SIGNED_CERT_IN_CHAIN", "DEPTH_ZERO_SELF_SIGNED_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
			"UNABLE_TO_GET_ISSUER_CERT", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
			"PKIX path building failed", "unable to find valid certification path",
			"The remote certificate is invalid", "remote certificate was rejected",
			"sent a TLS alert & UnknownCA|BadCertificate|CertificateUnknown", "PartialChain", "UntrustedRoot",
			"RemoteCertificateChainErrors", "RemoteCertificateNameMismatch", "Could not establish trust relationship",
			"SEC_E_UNTRUSTED_ROOT", "CERT_E_UNTRUSTEDROOT", "CERT_TRUST_IS_UNTRUSTED_ROOT",
			"certificate is not trusted & SSL|TLS|x509|error|issuer|chain|remote",
			"certificate is valid for & x509|not", "certificate is not valid for any names",
			"doesn't match any of the subject alternative names", "No subject alternative DNS name matching",
			"Hostname/IP does not match certificate", "ERR_TLS_CERT_ALTNAME_INVALID",
			"doesn't match either of & certificate|hostname", "certificate subject name & does not match",
			"no alternative certificate subject name matches", "SSL: no alternative certificate",
			"x509: certificate relies on legacy Common Name", "curl: (60)", "curl: (51)", "SSLCertVerificationError",
			"ssl certificate problem", "trust anchor for certification path not found",
			"certificate is not standards compliant", "unknown_ca", "tlsv1 alert unknown ca",
			"unknown certificate authority & SSL|TLS|alert|error|x509", "CERTIFICATE_VERIFY_FAILED",
			"certificate verify failed & SSL|TLS|handshake|x509|tcp|url|host|python|ruby|openssl",
			"Certificate verification failed & SSL|TLS|proxy|host|url|CA bundle", "failed to verify certificate: x509",
			"SEC_E_CERT_UNKNOWN", "certificate authority is invalid & ERR|SSL|NET",
			"Certificate not trusted & SSL|TLS|error|host"},
		Hints: []string{
			"certificate verify failed", "Certificate verification failed",
			"The SSL connection could not be established", "SSLHandshakeException", "bad certificate", "x509:",
			"certificate verification error", "failed to verify certificate", "SSL routines",
		}, Source: "https://learn.microsoft.com/cli/azure/use-azure-cli-successfully-troubleshooting",
	},
	{
		Cause: CauseCertificateExpired, Title: "The certificate is out of date, or this computer's clock is wrong",
		Explanation: "The certificate of the other side has expired or is not valid yet by this computer's clock. " +
			"Microsoft renews its own in time, so look at the clock and at an inspecting proxy first.",
		Remedy: []string{
			"Compare this computer's date, time and time zone with the real ones, and correct them. On Windows: " +
				"w32tm /resync. On Linux: timedatectl.",
			"If the clock is right, see who issued the certificate: an inspecting proxy's own certificate has " +
				"possibly expired, and the network team renews it.",
			"Then run palmail check: the network line shows that the certificate is accepted.",
		},
		Who: whoNetwork,
		Details: []string{
			"certificate has expired & x509|SSL|TLS|verify*|handshake|curl|npm|CERT*|error", "CERT_HAS_EXPIRED",
			"CERT_NOT_YET_VALID", "NotTimeValid", "CertificateExpiredException", "CertificateNotYetValidException",
			"certificate is not yet valid & x509|SSL|TLS|verify*|error|handshake|CERT*|OpenSSL", "CERT_E_EXPIRED",
			"SEC_E_CERT_EXPIRED", "certificate is expired & x509|SSL|TLS|verify*|error|handshake|PKIX|java",
			"certificate expired & alert|error|handshake|SSL routines", "NotAfter: & CertificateExpired*|java|PKIX",
			"ssl/tls alert certificate expired", "not within its validity period",
		}, Source: "https://learn.microsoft.com/cli/azure/use-azure-cli-successfully-troubleshooting",
	},
	{
		Cause: CauseProxyAuthRequired, Title: "The proxy wants a user name and password",
		Explanation: "The proxy of your network lets only signed-in programs through, and this one brought no " +
			"credentials that it accepts.",
		Remedy: []string{
			"Ask the network team to let this computer reach {login} and {graph} on port 443 without a sign-in at " +
				"the proxy. This is the best way for a server.",
			`On Windows, start the program as a user who is allowed at the proxy: it signs in with that ` +
				`account where the program supports it (in .NET: <defaultProxy useDefaultCredentials="true"/>).`,
			"If the proxy accepts Basic, the network team can give you an account for this purpose. Do not use your " +
				"own password, because Basic sends it over the network without encryption.",
			"To see that it worked, run palmail check: its network line no longer names 407.",
		},
		Who: whoNetwork,
		Situations: []Situation{
			{
				Words: []string{
					"proxy-authenticate negotiate", "proxy-authenticate ntlm", "proxy-authenticate kerberos",
					"Negotiate", "NTLM",
				},
				Unless: []string{"proxy-authenticate basic", "basic realm"},
				Explanation: "The proxy asks for a Windows sign-in (Negotiate, Kerberos or NTLM). A user name and " +
					"password in the proxy's address cannot answer that.",
				Remedy: []string{
					"Ask the network team for an exception: this computer reaches {login} and {graph} on port 443 " +
						"without a sign-in at the proxy.",
					"Without an exception, run a local helper that signs in at the proxy with your Windows account, " +
						"such as Px (px --proxy=PROXY:PORT) or cntlm, and set HTTPS_PROXY=http://127.0.0.1:3128 for " +
						"this program.",
					`On Windows, .NET software can use the signed-in account: <system.net><defaultProxy ` +
						`useDefaultCredentials="true"/></system.net> in its .config file.`,
					"Do not put a password into HTTPS_PROXY: it would travel readable, and this proxy does not " +
						"accept it.",
					"To see that it worked, run palmail check: the network line shows the hosts as reached.",
				},
			},
		},
		Details: []string{
			"Proxy Authentication Required", "407 Proxy", "ProxyAuthenticationRequired", "code 407 from proxy",
			"Cannot complete tunnel & 407", "ERR_PROXY_AUTH", "proxy authentication failed", "HTTP/1.1 407",
			"HTTP/1.0 407", "Tunnel connection failed: 407", "CONNECT tunnel failed, response 407", "status code 407",
			"the proxy tunnel request failed with status code '407'", "statusCode=407", "error: (407)",
			"ERR_CACHE_ACCESS_DENIED", "proxy requires authentication",
		},
		Source: docNetwork,
	},
	{
		Cause: CauseProxySchemeWrong, Title: "The proxy is addressed with the wrong scheme",
		Explanation: "The other side speaks plain http where https was expected. Usually HTTPS_PROXY says https:// " +
			"although the proxy itself is an http proxy.",
		Remedy: []string{
			"Look at HTTPS_PROXY (or the system's proxy setting): its value usually must start with http://, also " +
				"for https traffic.",
			"Check the port as well: 8080 and 3128 are common for http proxies.",
			"If no proxy is set, something answers on port 443 without TLS: check the host's name and port.",
			"Then run palmail check: its network line must pass.",
		},
		Who: whoYou,
		Details: []string{
			"WRONG_VERSION_NUMBER", "wrong version number", "server gave HTTP response to HTTPS client",
			"first record does not look like a TLS handshake", "Unsupported or unrecognized SSL message",
			"packet length too long", "EPROTO & http_request", "Unrecognized SSL message, plaintext connection",
			"Your proxy appears to only use HTTP and not HTTPS", "SSL23_GET_SERVER_HELLO:unknown protocol",
			"plain HTTP request was sent to HTTPS port", "only supports the 'http' scheme",
			"http proxy & https scheme", "The proxy scheme is not supported",
			"ServicePointManager does not support proxies with the https scheme", "proxies with the https scheme",
			"UnsupportedProxyScheme", "proxy URL had no scheme", "unknown scheme & proxy", "HTTP_REQUEST:s",
			"SSL routines:ST_CONNECT:tlsv1 alert & http",
		},
		Texts: []string{
			"Cannot determine the frame size or a corrupted frame was received",
			"The handshake failed due to an unexpected packet format",
		}, Source: "https://learn.microsoft.com/cli/azure/use-azure-cli-successfully-troubleshooting",
	},
	{
		Cause: CauseDNSFailed, Title: "The host's name could not be resolved",
		Explanation: "This computer could not find the address of the host. It has no network, its DNS server does " +
			"not answer, or names outside are resolved only by the proxy.",
		Remedy: []string{
			"Check the host's name for typing errors, and that this computer has a network.",
			"Run: nslookup {login}",
			"If this network reaches the outside only through a proxy, set HTTPS_PROXY=http://PROXY:PORT.",
			"Otherwise the network team has names of Microsoft's hosts resolved on this server. Then nslookup shows " +
				"an address.",
		},
		Who: whoNetwork, Retry: true,
		Details: []string{"dial tcp: lookup"},
		Texts: []string{
			": no such host", "no such host & dial|lookup|resolve|host|ENOTFOUND|getaddrinfo", "server misbehaving",
			"Temporary failure in name resolution", "Name or service not known", "nodename nor servname provided",
			"No address associated with hostname", "Name does not resolve", "getaddrinfo failed",
			"getaddrinfo ENOTFOUND", "getaddrinfo EAI_AGAIN", " ENOTFOUND ", " EAI_AGAIN ",
			"The remote name could not be resolved", "No such host is known", "Could not resolve host",
			"Couldn't resolve host", "Could not resolve proxy", "Couldn't resolve proxy", "UnknownHostException",
			"NameResolutionError", "NameResolutionFailure",
			"Failed to resolve & host|hostname|getaddrinfo|NameResolution*|urllib3|DNS|Max retries*",
			"DNS_PROBE_FINISHED", "ERR_NAME_NOT_RESOLVED", "WinError 11001", "Errno 11001", "[Errno -2]", "[Errno -3]",
			"[Errno -5]", "curl: (6)", "curl: (5)", "Der Remotename konnte nicht aufgelöst werden",
			"Le nom distant n'a pas pu être résolu", "No se puede resolver el nombre remoto", "host desconocido",
			"Der angegebene Host ist unbekannt", "Hôte inconnu", "getaddrinfo() failed",
			"the requested name is valid, but no data of the requested type was found", "dns lookup failed",
			"DNS name does not exist", "Resolving timed out",
		}, Source: docNetwork,
	},
	{
		Cause: CauseConnectionRefused, Title: "The connection was refused or cut",
		Explanation: "Something answered at the address but let nobody in, or cut the connection: usually a " +
			"firewall, or a proxy that is not running.",
		Remedy: []string{
			"Ask the network team to allow this computer to reach {login} and {graph} on port 443.",
			"If HTTPS_PROXY is set, check its host and port.",
			"To test it: curl -sv https://{login} must show the host's certificate. On Windows: Test-NetConnection " +
				"{login} -Port 443 must show TcpTestSucceeded : True.",
		},
		Who: whoNetwork, Retry: true,
		Texts: []string{
			": connection refused", "(Connection refused)",
			"Connection refused & connect|dial|java.net|Errno|curl|socket|tcp|port|localhost", "ECONNREFUSED",
			"WSAECONNREFUSED", "actively refused it", "WinError 10061", "Errno 10061", "[Errno 111]", "[Errno 61]",
			"connection reset by peer", "ECONNRESET", "forcibly closed by the remote host", "WinError 10054",
			"[Errno 104]", "RemoteDisconnected", "Remote end closed connection without response", "socket hang up",
			"no route to host", "network is unreachable", "Network unreachable", "EHOSTUNREACH", "ENETUNREACH",
			"WinError 10013", "WinError 10051", "WinError 10065", "forbidden by its access permissions",
			"Connection was reset & curl|recv|Recv failure|tls|ssl|Open*", "ERR_CONNECTION_REFUSED",
			"ERR_CONNECTION_RESET", "curl: (52)", "Empty reply from server",
			"Received an unexpected EOF or 0 bytes from the transport stream", "EOF occurred in violation of protocol",
			"UNEXPECTED_EOF_WHILE_READING", "Remote host terminated the handshake",
			"Remote host closed connection during handshake", "NoHttpResponseException",
			"The response ended prematurely",
			"Client network socket disconnected before secure TLS connection was established", "write EPIPE",
			"EPIPE & errno|syscall|socket", "broken pipe & write tcp|socket|errno 32|http",
			"Zielcomputer die Verbindung verweigerte", "Connexion refusée", "Verbindung wurde geschlossen", "ENETDOWN",
			"tls handshake: EOF",
		},
		Hints: []string{
			": EOF", "unexpected EOF", "Connection reset", "connection refused", "NewConnectionError",
			"Max retries exceeded with url", "Connection error", "WebException", "HttpRequestException",
			"An error occurred while sending the request", "ProtocolError", "fetch failed", "ProxyError",
			"Unable to connect to the remote server", "curl: (7)", "Failed to connect to",
			"Could not connect to server", "The underlying connection was closed", "curl: (35)", "curl: (56)",
			"wsarecv", "ConnectException", "Connection aborted", "SSL_ERROR_SYSCALL", "ConnectionError",
			"connection was closed",
		}, Source: docNetwork,
	},
	{
		Cause: CauseTimeout, Title: "The other side did not answer in time",
		Explanation: "No answer came. Usually a firewall drops the packets silently, or a proxy must be used; " +
			"sometimes the service is only slow.",
		Remedy: []string{
			"Try once more after 1 minute.",
			"If it times out again, ask the network team to open port 443 from this computer to {login} and {graph}.",
			"If this network needs a proxy, set HTTPS_PROXY to its address.",
			"To see that the way is open, curl -sv https://{graph} answers within 10 seconds.",
		},
		Who: whoNetwork, Retry: true,
		Situations: []Situation{
			{
				Words: []string{
					"imap", "smtp", "Jakarta Mail", "javax.mail", "outlook.office365.com", "smtp.office365.com",
				},
				Explanation: "The mail server did not answer. Usually a firewall drops the packets to its port; mail " +
					"ports (25, 465, 587, 993) are often closed on servers.",
				Remedy: []string{
					"Test the port that the program uses: Test-NetConnection smtp.office365.com -Port 587 or " +
						"Test-NetConnection outlook.office365.com -Port 993; TcpTestSucceeded must be True.",
					"If it is not, the network team opens that port from this server to outlook.office365.com and " +
						"smtp.office365.com.",
					"Or send through Microsoft Graph, which needs only port 443 to {login} and {graph}.",
					"Repeat the program's own connection test: it ends within 10 seconds.",
				},
			},
		},
		Texts: []string{
			": i/o timeout", "i/o timeout & dial|read tcp|lookup|Get|Post|http*", "context deadline exceeded",
			"Client.Timeout exceeded", "TLS handshake timeout", "timeout awaiting response headers",
			"connected party did not properly respond after a period of time", "WinError 10060", "Errno 10060",
			"ETIMEDOUT", "ESOCKETTIMEDOUT", "ECONNABORTED", "ERR_CONNECTION_TIMED_OUT", "[Errno 110]", "[Errno 60]",
			"Connection timed out", "connect timed out", "Read timed out", "ReadTimeoutError", "ConnectTimeoutError",
			"ConnectTimeout", "SocketTimeoutException", "HttpConnectTimeoutException", "HttpTimeoutException",
			"ConnectTimeoutException", "The operation has timed out",
			"The operation timed out & http*|WebException|connect*|fetch|request|net",
			"The request was canceled due to the configured HttpClient.Timeout", "curl: (28)",
			"Operation timed out & connect|curl|dial|Errno|read|socket|tcp|java.net|port", "UND_ERR_CONNECT_TIMEOUT",
			"UND_ERR_HEADERS_TIMEOUT", "Connect Timeout Error", "Connection time out",
			"Zeitüberschreitung & Verbindung|Vorgang|Anforderung|Operation", "wait operation timed out",
			"Le délai d'attente de l'opération a expiré", "network timeout at",
		},
		Hints: []string{
			"timed out", "timed out after", "TimeoutException", "Request timed out", "A task was canceled",
		}, Source: docNetwork,
	},
	{
		Cause: CauseNotMicrosoft, Title: "Something that is not Microsoft answered",
		Explanation: "The answer is a web page or a refusal from something in between: a captive portal of the " +
			"network, a proxy's page, or a sign-in page.",
		Remedy: []string{
			"Open any page in a browser on this computer: if the network wants a sign-in, do that first.",
			"Otherwise ask the network team to let {login} and {graph} through the proxy unchanged.",
			"To see that it worked, run palmail check: the network line names Microsoft's hosts without a remark.",
		},
		Who: whoNetwork,
		Details: []string{
			"generated & by squid", "the proxy & answered 403", "the proxy & answered 50",
			"Tunnel connection failed: 403", "code 403 from proxy after CONNECT",
			"CONNECT tunnel failed, response 403", "CONNECT tunnel failed, response 50",
			"proxy tunnel request & failed with status code '403'",
			"proxy tunnel request & failed with status code '50",
		},
		Texts: []string{
			"Web Page Blocked", "policy_denied", "Network Authentication Required", "Unexpected token < in JSON",
			"Unexpected token '<'", "invalid character '<' looking for beginning of value",
			"Unexpected character encountered while parsing value: <", "'<' is an invalid start of a value",
			"is not valid JSON & <!DOCTYPE", "JSONDecodeError & <html", "Your organization's policy & blocked",
			"Access to this site is blocked", "This site is blocked", "Unable to forward this request at this time",
			"ERR_ACCESS_DENIED & squid|proxy",
		},
		Hints: append([]string{
			"captive portal", "Expecting value: line 1 column 1 (char 0)", "<html", "<!DOCTYPE html", "text/html",
		}, blockPages("Zscaler", "FortiGuard", "FortiGate", "Blue Coat", "Websense", "Forcepoint", "Cisco Umbrella",
			"Barracuda", "Palo Alto Networks", "Sophos Web Appliance", "McAfee Web Gateway", "Skyhigh", "Netskope",
			"Menlo Security", "iboss")...), Source: docNetwork,
	},
	{
		Cause: CauseUnknown, Title: "palmail does not know this failure",
		Explanation: "None of the failures that palmail knows fits this text. The codes and IDs in it help others to " +
			"find out.",
		Remedy: []string{
			"If the text comes from another program, look in that program's own log for the lines just before it: " +
				"they usually hold Microsoft's answer with a code. Run palmail explain on those lines.",
			"Try again once; if it fails again, open a support request with the maker of the program and give the " +
				"text, the IDs and the time.",
		},
		Who: whoYou,
		Situations: []Situation{
			{
				Words: []string{"AADSTS*"},
				Remedy: []string{
					"Look the code up: https://{login}/error?code={code} shows Microsoft's description.",
					"Try again once; if the same code returns, open a support request with Microsoft and give the " +
						"text, the IDs and the time.",
				},
			},
		},
		Source: docCodes,
	},
}

// blockPages are the names of products that filter, each beside the words of a
// page that refuses.
func blockPages(products ...string) []string {
	const refusal = " & blocked|block page|denied|policy|category|url filtering|not allowed|forbidden|403|certificate"
	out := make([]string, len(products))
	for i, p := range products {
		out[i] = p + refusal
	}
	return out
}
