package diagnose

import (
	"slices"
	"strings"
	"testing"
)

func TestMailCodes(t *testing.T) {
	for text, want := range map[string]Cause{
		"550 5.7.509 Access denied":                        CauseSenderNotAuthenticated,
		"#550 5.7.23 something":                            CauseSenderNotAuthenticated,
		"550-5.7.26 blocked":                               CauseSenderNotAuthenticated,
		"550 5.7.606 Access denied, banned sending IP":     CauseSenderBlocked,
		"550 5.7.501 Service unavailable":                  CauseSenderBlocked,
		"Status: 5.1.8":                                    CauseSenderBlocked,
		"550 5.7.705 tenant has exceeded threshold":        CauseSendLimitReached,
		"550 5.7.705 Access denied":                        CauseSenderBlocked,
		"550 5.7.236 onmicrosoft":                          CauseSendLimitReached,
		"550 5.1.90 Your message can't be sent":            CauseSendLimitReached,
		"554 5.2.2 submission quota exceeded":              CauseSendLimitReached,
		"552 5.2.2 mailbox full":                           CauseRecipientUnknown,
		"550 5.1.1 User unknown":                           CauseRecipientUnknown,
		"550 5.4.1 Recipient address rejected":             CauseRecipientUnknown,
		"550 5.4.14 Hop count exceeded":                    CauseRecipientUnknown,
		"550 5.7.124 sender not in allowed-senders":        CauseRecipientRefused,
		"550 5.7.133 sender not authenticated for group":   CauseRecipientRefused,
		"550 5.7.520 Access denied, external forwarding":   CauseRecipientRefused,
		"550 5.7.1 TRANSPORT.RULES.RejectMessage":          CauseRecipientRefused,
		"550 5.7.1 Unable to relay":                        CauseSMTPAuthNotGraph,
		"550 5.7.1 fails DMARC":                            CauseSenderNotAuthenticated,
		"550 5.7.1 blocked using Spamhaus":                 CauseSenderBlocked,
		"451 4.4.7 message delayed":                        CauseDeliveryDelayed,
		"450 4.7.0 try again later":                        CauseDeliveryDelayed,
		"421 4.7.26 not authenticated":                     CauseSenderNotAuthenticated,
		"552 5.2.3 size":                                   CauseMessageTooLarge,
		"552 5.3.4 size":                                   CauseMessageTooLarge,
		"550 5.7.60 SMTP; Client does not have":            CauseSendAsDenied,
		"535 5.7.139 Authentication unsuccessful":          CauseSMTPAuthNotGraph,
		"upgrade from 5.7.1 to 5.7.2 of the library":       CauseUnknown,
		"MySQL 5.7.33 and OpenSSL 1.1.1 are installed":     CauseUnknown,
		"10.5.7.1 is the address, 5.7.1.4 the version":     CauseUnknown,
		"release 5.1.1: see the notes":                     CauseUnknown,
		"The ticket 550 was closed. Version 5.7.60 is out": CauseUnknown,
	} {
		f, _ := ExplainText(text, Context{})
		if f.Cause != want {
			t.Errorf("%q: %s, want %s", text, f.Cause, want)
		}
		if want != CauseUnknown && len(f.Codes) == 0 {
			t.Errorf("%q: no code", text)
		}
	}
}

// TestBareMailCode: a number alone is a code only where the stage says so.
func TestBareMailCode(t *testing.T) {
	for stage, want := range map[Stage]Cause{StageBounce: CauseSenderNotAuthenticated, "": CauseUnknown} {
		if f, _ := ExplainText("5.7.509", Context{Stage: stage}); f.Cause != want || f.Likely != (stage != "") {
			t.Errorf("during %q: %s, likely %t, want %s", stage, f.Cause, f.Likely, want)
		}
	}
}

// TestWholeBounce reads a bounce as it arrives in the system mailbox.
func TestWholeBounce(t *testing.T) {
	const bounce = `From: Microsoft Outlook <postmaster@agency.onmicrosoft.com>
Subject: Undeliverable: Your request 2026-00017
Content-Type: multipart/report; report-type=delivery-status

Your message to jane@county.example couldn't be delivered.

Diagnostic information for administrators:
Generating server: DM6PR09MB1234.namprd09.prod.outlook.com
jane@county.example
Remote server returned '550 5.7.23 The message was rejected because of Sender Policy Framework violation -> 550 SPF'
Original message headers:
Authentication-Results: spf=fail (sender IP is 203.0.113.7)
 smtp.mailfrom=agency.gov; dkim=none (message not signed)
 header.d=none;dmarc=fail action=oreject header.from=agency.gov;compauth=fail
 reason=000
Received: from PAL (203.0.113.7) by DM6PR09MB1234.namprd09.prod.outlook.com
`
	f, others := ExplainText(bounce, Context{Stage: StageBounce})
	if f.Cause != CauseSenderNotAuthenticated || f.Likely || !slices.Contains(f.Codes, "5.7.23") {
		t.Errorf("%s, likely %t, %v", f.Cause, f.Likely, f.Codes)
	}
	if len(others) != 0 {
		t.Errorf("others: %v", others)
	}
}

func TestAuthenticationResults(t *testing.T) {
	for header, want := range map[string]string{
		"spf=pass smtp.mailfrom=a.gov; dkim=pass header.d=a.gov; dmarc=pass action=none": "",
		"spf=fail smtp.mailfrom=a.gov; dkim=pass header.d=a.gov; dmarc=pass action=none": "",
		"spf=pass smtp.mailfrom=x.net; dkim=none; dmarc=fail action=quarantine; compauth=fail reason=001": "" +
			"dmarc=fail, compauth=fail (reason 001)",
		"spf=softfail smtp.mailfrom=a.gov; dkim=none (message not signed) header.d=none; dmarc=none":        "The SPF record",
		"mx.google.com; dkim=fail header.i=@a.gov; spf=pass; dmarc=fail (p=REJECT sp=REJECT) header.from=a": "DKIM signature",
	} {
		f, _ := ExplainText("Authentication-Results: "+header+"\nReceived: x", Context{Stage: StageBounce})
		if want == "" && f.Cause != CauseUnknown ||
			want != "" && (f.Cause != CauseSenderNotAuthenticated || !strings.Contains(f.Explanation, want)) {
			t.Errorf("%q: %s, %q", header, f.Cause, f.Explanation)
		}
	}
}
