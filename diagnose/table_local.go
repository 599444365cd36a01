package diagnose

// localEntries are about the computer itself: its TLS, its clock, its keyring.
var localEntries = []Entry{
	{
		Cause: CauseTLSTooOld, Title: "The program offers only an old version of TLS",
		Explanation: "Microsoft accepts TLS 1.2 and newer. The program that connected, usually one built for an old " +
			".NET Framework, offered TLS 1.0, TLS 1.1 or an old cipher.",
		Remedy: []string{
			"Install .NET Framework 4.8 on the Windows Server that runs the program: an older one does not choose " +
				"TLS 1.2 unless it is told to.",
			`In an elevated PowerShell, switch on TLS 1.2 for .NET: ` +
				`'HKLM:\SOFTWARE\Microsoft\.NETFramework\v4.0.30319',` +
				`'HKLM:\SOFTWARE\WOW6432Node\Microsoft\.NETFramework\v4.0.30319'` +
				` | % { Set-ItemProperty $_ SchUseStrongCrypto 1 -Type DWord; Set-ItemProperty $_ ` +
				`SystemDefaultTlsVersions 1 -Type DWord }`,
			`Check SChannel: under ` +
				`HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client, ` +
				`Enabled must not be 0 and DisabledByDefault must not be 1. Absent is fine.`,
			"For one PowerShell session, this is enough: [Net.ServicePointManager]::SecurityProtocol = 'Tls12'",
			"Restart the server, or at least IIS (iisreset), since programs read these values when they start.",
			"To see that it worked, run in a new PowerShell 5.1: Invoke-WebRequest " +
				"https://{login}/common/discovery/instance -UseBasicParsing. Any answer with an HTTP status, even " +
				"400 or 404, means that TLS works.",
		},
		Who:   "The administrator of the Windows Server that runs the program",
		Codes: []string{"1002016"},
		Details: []string{"deprecated & using TLS version", "TLS 1.0 and 1.1 & not supported|deprecated|no longer",
			"SEC_E_UNSUPPORTED_FUNCTION", "SEC_E_ALGORITHM_MISMATCH", "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
			"do not possess a common algorithm", "0x80090331", "tlsv1 alert protocol version",
			"alert protocol version & SSL|TLS", "tls: protocol version not supported", "TLSV1_ALERT_PROTOCOL_VERSION",
			"Received fatal alert: protocol_version",
			"SSLV3_ALERT_HANDSHAKE_FAILURE", "UNSUPPORTED_PROTOCOL & SSL|TLS",
			"tls: no supported versions satisfy MinVersion and MaxVersion",
			"No appropriate protocol (protocol is disabled or cipher suites are inappropriate)",
			"ssl/tls alert protocol version", "wrong ssl version & alert|handshake",
			"sent a TLS alert & HandshakeFailure|ProtocolVersion|InsufficientSecurity", "tls: handshake failure",
			"tls: insufficient security level", "ssl/tls alert handshake failure"},
		Texts: []string{
			"Could not create SSL/TLS secure channel",
			"The underlying connection was closed: An unexpected error occurred on a send",
			"The underlying connection was closed: An unexpected error occurred on a receive",
			"Received fatal alert: handshake_failure", "sslv3 alert handshake failure", "no cipher suites in common",
			"The client and server cannot communicate",
		}, Source: docOldTLS,
	},
	{
		Cause: CauseClockWrong, Title: "A computer's clock is wrong",
		Explanation: "A token carries the times between which it is valid, and they do not fit the clock of the " +
			"computer that made or read it. A difference of five minutes is enough.",
		Remedy: []string{
			"On the computer that shows this error, compare the date, the time and the time zone with https://time.gov.",
			"On Windows, run as administrator: w32tm /query /source, then w32tm /resync. A virtual machine or a " +
				"member of a domain takes its time from its host or its domain controller: correct that one.",
			"On Linux, run: timedatectl set-ntp true",
			"Check the computer at the other end too: the domain controller or the server that issued the token.",
			"If both clocks are right, the software writes local time where UTC is expected: report that to its maker.",
			"To see that it worked: w32tm /stripchart /computer:time.windows.com /samples:3 shows less than 1 " +
				"second; then repeat what failed.",
		},
		Who:   "The administrator of the computer whose clock is wrong",
		Codes: []string{"700024", "500133", "80013"},
		Details: []string{"50012 & not within its valid time range", "is not within its valid time range",
			"JWT is not yet valid", "not yet valid as the evaluation time", "before the Not Before", "IDX10222",
			"IDX10225", "SecurityTokenNotYetValidException",
			"The token is not yet valid", "token is not yet valid & nbf|JWT|iat|clock", "token used before issued",
			"clock skew & too great|too large|exceed*|token|allowed", "KRB_AP_ERR_SKEW", "Clock skew too great",
			"ImmatureSignatureException", "iat & in the future & token",
			"There is a time and/or date difference between the client and server", "RequestTimeTooSkewed",
			"time difference between the client and server", "JWT not valid before", "PrematureJwtException",
			"token is not valid yet"},
		Hints: []string{
			"IDX10230", "Current time & assertion valid from",
		}, Source: docTime,
	},
	{
		Cause: CauseKeyringMissing, Title: "No keyring answers",
		Explanation: "The program asked this computer's keyring for a secret, and there is none, it is not running, " +
			"or this kind of session does not reach it.",
		Remedy: []string{
			"Windows: start the program in a desktop or Remote Desktop session of the same user. Credential Manager " +
				"does not work in a session without a logon, such as a remote PowerShell or a service account " +
				"without a profile. Check with: cmdkey /list",
			"Linux: install a Secret Service (gnome-keyring, KWallet 5.97 or newer, or KeePassXC with its Secret " +
				"Service switched on) and log in to the desktop. Over SSH, start the program with: dbus-run-session " +
				"-- sh",
			"macOS: log in to the desktop once, then check with: security list-keychains",
			"To see that it worked, run palmail status: it names the stored setup instead of the keyring. Without " +
				"any keyring, palmail offers to continue without saving.",
		},
		Who: "The user of this computer, or its administrator",
		Details: []string{"org.freedesktop.secrets was not provided by any .service files",
			"The name org.freedesktop.secrets", "Activation of org.freedesktop.secrets",
			"org.freedesktop.secrets & timed out|NoReply|ServiceUnknown|not provided|not activatable|does not exist",
			"Object does not exist at path \"/org/freedesktop/secrets", "no such collection",
			"collection & does not exist & secret*", "secret service is not available", "No keyring service",
			"no recommended backend was available", "NoKeyringError", "Cannot autolaunch D-Bus without X11",
			"A default keychain could not be found", "errSecNoDefaultKeychain", "errSecNoSuchKeychain",
			"errSecNotAvailable",
			"ERROR_NO_SUCH_LOGON_SESSION", "A specified logon session does not exist", "CredWrite & logon session",
			"failed to open secretservice session", "Cannot get default keyring",
			"dbus-launch & executable file not found", "couldn't connect to accessibility bus & secret*",
			"The OS keyring is not available", "exec: \"security\": executable file not found"},
		Texts: []string{
			"DBUS_SESSION_BUS_ADDRESS & keyring|secret service|not set", "keyring & not available",
			"keychain & not available|could not be found", "Unknown keyring backend",
		}, Source: "https://specifications.freedesktop.org/secret-service/latest/",
	},
	{
		Cause: CauseKeyringLocked, Title: "The keyring is locked",
		Explanation: "The keyring exists, but it stays locked: nobody answered its question, the question was " +
			"dismissed, or it cannot show a window in this kind of session.",
		Remedy: []string{
			"Linux: look for the keyring's window and enter its password. Without a desktop, unlock it first: " +
				"gnome-keyring-daemon --unlock, then type the password and press ctrl+d.",
			"macOS: run security unlock-keychain ~/Library/Keychains/login.keychain-db, enter the login password, " +
				"and choose Always Allow when macOS asks.",
			"Windows: sign in with the account's own password instead of over a network logon, so that its protected " +
				"data can be opened.",
			"Then start palmail again: palmail status must show the setup without asking.",
		},
		Who: "The user of this computer",
		Details: []string{"*failed to unlock correct collection",
			"failed to unlock & keyring|collection|keychain|secret*|login",
			"org/freedesktop/secrets & unlock|locked|dismissed", "org.freedesktop.Secret.Error.IsLocked",
			"Cannot create an item in a locked collection",
			"prompt dismissed & SS error|collection|secret*|keyring|error|failed",
			"prompt was dismissed & " + trouble,
			"errSecInteractionNotAllowed", "User interaction is not allowed",
			"errSecAuthFailed", "errSecUserCanceled", "wallet & could not be opened|failed to open",
			"keyring is locked & " + trouble,
			"keychain is locked & " + trouble,
			"collection is locked & " + trouble,
			"locked keyring & " + trouble,
			"locked collection & " + trouble, "KeyringLocked",
			"SecKeychainItem & not allowed", "-25308", "-25293", "Failed to unlock the keyring",
			"Couldn't unlock & keyring|collection|keychain", "The master password dialog was dismissed"},
		Source: "https://wiki.gnome.org/Projects/GnomeKeyring",
	},
	{
		Cause: CauseKeyringTooBig, Title: "The value is too long for this system's keyring",
		Explanation: "Windows Credential Manager stores at most 2,560 bytes in one item, and macOS about 3,000 " +
			"characters on the way through its command. The program tried to store more.",
		Remedy: []string{
			"Store less in one item: remove entries that are no longer needed, or choose shorter names. A program " +
				"that stores whole tokens needs a version that splits them.",
			"In palmail, choose a shorter app name and PAL address, or continue without saving: the four values " +
				"still go into PAL.",
			"If the message comes from another program, update it, and report the limit to its maker.",
			"To see that it worked, save again: Credential Manager (control /name Microsoft.CredentialManager) lists " +
				"the item under Generic Credentials.",
		},
		Who: "The user of this computer",
		Details: []string{"longer than the platform limit of", "data passed to Set was too big",
			"The stub received bad data", "RPC_X_BAD_STUB_DATA", "CredWrite & 1783|too long|too large|too big",
			"credential blob & too large|exceeds|too long", "CRED_MAX_CREDENTIAL_BLOB_SIZE",
			"exceeds the maximum & credential blob|keychain item|keyring", "win32 & 1783",
			"password encoded as UTF-16 & longer|limit", "secret is too big & keyring|keychain|credential*",
			"ErrSetDataTooBig"}, Source: "https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw",
	},
}
