package wizard

import (
	"context"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"palmail/diagnose"
	"palmail/steps"
)

// typical failures, as they come from the platform.
var typical = []struct {
	name, stage, body string
	status            int
}{
	{
		"secret-wrong", "token",
		`{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. ` +
			`Trace ID: 3ce379e4-441f-4eae-9730-fc0220183001 Correlation ID: ` +
			`54752956-bf4f-48f1-b808-6ecae2522f59","error_codes":[7000215]}`, 401,
	},
	{
		"secret-expired", "token",
		`{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys for ` +
			`app '1' are expired.","error_codes":[7000222]}`, 401,
	},
	{
		"app-unknown", "token",
		`{"error":"unauthorized_client","error_description":"AADSTS700016: Application with identifier '1' ` +
			`was not found in the directory.","error_codes":[700016]}`, 400,
	},
	{
		"public-client", "token",
		`{"error":"invalid_request","error_description":"AADSTS700025: Client is public so neither ` +
			`'client_assertion' nor 'client_secret' should be presented.","error_codes":[700025]}`, 401,
	},
	{
		"no-role", "send",
		`{"error":{"code":"ErrorAccessDenied","message":"Access is denied. Check credentials and try again."}}`, 403,
	},
	{
		"no-mailbox", "send",
		`{"error":{"code":"MailboxNotEnabledForRESTAPI",` +
			`"message":"The mailbox is either inactive, soft-deleted, or is hosted on-premise."}}`, 404,
	},
	{
		"conditional-access", "sign-in",
		`{"error":"interaction_required","error_description":"AADSTS53003: Access has been blocked by ` +
			`Conditional Access policies.","error_codes":[53003]}`, 400,
	},
	{
		"lifetime", "secret",
		`{"error":{"code":"CredentialInvalidLifetimeAsPerAppPolicy",` +
			`"message":"Credential lifetime exceeds the max value allowed as per assigned policy '538f1913'."}}`, 400,
	},
	{"dns", "network", "dial tcp: lookup login.microsoftonline.us: no such host", 0},
	{
		"proxy-page", "network", "<html><head><title>Sign in to the network</title></head><body>Please log " +
			"in</body></html>", 200,
	},
	{
		"unknown", "send",
		`{"error":{"code":"ErrorOfTomorrow","message":"Something nobody has seen yet.",` +
			`"innerError":{"request-id":"23b60610-8afc-4683-9889-a7365793f1d1","date":"2026-11-23T21:40:00"}}}`, 400,
	},
}

// Ten typical findings and an unknown one, as a page shows them in place.
func TestFindings(t *testing.T) {
	for _, f := range typical {
		for _, size := range []struct {
			name string
			w, h int
		}{{"80x24", 80, 24}, {"40x10", 40, 10}} {
			t.Run(f.name+"-"+size.name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					found := diagnose.Explain(&diagnose.Failure{
						Stage: diagnose.Stage(f.stage), Status: f.status, Body: f.body,
						Host: "login.microsoftonline.us",
					},
						diagnose.Context{
							Now: time.Date(2026, 11, 23, 21, 40, 0, 0, time.UTC),
							Links: diagnose.Links{
								Secrets: portal, Overview: portal, Permissions: portal, AppPolicies: portal,
							},
						})
					check := func(context.Context, steps.Answers, steps.Report) steps.Verdict {
						return steps.Verdict{State: steps.Wrong, Text: found.Title, Finding: &found}
					}
					r := newRig(t, size.w, size.h, Options{BrowserHere: true}, fill(secretPage(check), nil))
					r.paste(value)
					golden.RequireEqual(t, r.screen()+"\n")
				})
			})
		}
	}
}
