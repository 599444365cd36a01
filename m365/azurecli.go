package m365

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/secret"
)

var (
	// ErrNoAzureCLI says that az is not on this computer.
	ErrNoAzureCLI = errors.New("the Azure CLI (az) is not on this computer")
	// ErrAzureCLISignedOut says that az has nobody signed in to the tenant.
	ErrAzureCLISignedOut = errors.New("nobody is signed in to the Azure CLI for this tenant")
)

const (
	azLimit = time.Minute // az starts a Python of its own, which can take long the first time
	azGrace = 2 * time.Second
	maxAz   = 256 << 10 // bytes of its output that are read
)

// AzureCLIPresent says whether az can be started. Whether anybody is signed in
// to it only az knows, and it is not started before it is chosen.
func AzureCLIPresent(ctx context.Context) bool {
	_, err := exec.LookPath("az")
	return err == nil && ctx.Err() == nil
}

// SignInAzureCLI takes over the session of the Azure CLI: az is asked for a
// token now, and again when that one ends. LoginHint and ClientID do not
// count: the account is whoever signed in to az, as the Azure CLI.
//
// Errors are or wrap a *diagnose.Failure of the stage sign-in, whose Body is
// what az wrote; ErrNoAzureCLI and ErrAzureCLISignedOut are among them.
func (c *Client) SignInAzureCLI(ctx context.Context, o SignInOptions) (*Admin, error) {
	renew := func(ctx context.Context) (session, *diagnose.Failure) { return c.askAzureCLI(ctx, o.TenantID) }
	held, f := renew(ctx)
	if f != nil {
		return nil, f
	}
	return newAdmin(c, held, renew), nil
}

// harmless is what may be an argument of az. On Windows az is a batch file,
// which the system runs with cmd.exe, and that reads its arguments once more.
var harmless = regexp.MustCompile(`^[A-Za-z0-9.:/_-]+$`)

func (c *Client) askAzureCLI(ctx context.Context, tenantID string) (session, *diagnose.Failure) {
	args := []string{"account", "get-access-token", "--output", "json", "--resource", c.cloud.Graph}
	if tenantID != "" {
		args = append(args, "--tenant", tenantID)
	}
	for _, a := range args {
		if !harmless.MatchString(a) {
			return session{}, c.signInFailed(ctx, fmt.Errorf("asking the Azure CLI: %q cannot be handed to it", a))
		}
	}
	out, complaint, err := runAz(ctx, args)
	if err != nil {
		return session{}, c.azFailed(ctx, complaint, err)
	}
	held, err := readAz(out)
	if err == nil {
		err = c.checkSession(ctx, held, tenantID)
	}
	if err != nil {
		return session{}, c.signInFailed(hiding(ctx, held.bearer), err)
	}
	return held, nil
}

// azFailed keeps what az wrote as the answer, which holds the token
// endpoint's own words where it was asked.
func (c *Client) azFailed(ctx context.Context, complaint []byte, err error) *diagnose.Failure {
	text := string(complaint)
	var ended *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return c.signInFailed(ctx, ctx.Err())
	case errors.As(err, &ended) && len(signInCodes(text)) > 0:
		err = nil
	case errors.As(err, &ended) && strings.Contains(text, "az login"):
		err = ErrAzureCLISignedOut
	case errors.As(err, &ended):
		err = fmt.Errorf("the Azure CLI ended with code %d", ended.ExitCode())
	}
	return c.wire.failure(ctx, diagnose.StageSignIn, answer{host: hostOf(c.cloud.Login), body: complaint}, err)
}

// runAz starts az, never through a shell of ours, and returns what it wrote.
func runAz(ctx context.Context, args []string) (out, complaint []byte, err error) {
	path, err := exec.LookPath("az")
	if err != nil {
		return nil, nil, ErrNoAzureCLI
	}
	ctx, cancel := context.WithTimeout(ctx, azLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "AZURE_CORE_NO_COLOR=true", "AZURE_CORE_ONLY_SHOW_ERRORS=true")
	stdout, stderr := &bounded{limit: maxAz}, &bounded{limit: maxAz}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = azGrace // az's own children may hold the pipes open
	endWithChildren(cmd)
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("the Azure CLI did not answer within %s: %w", azLimit, ctx.Err())
	case err == nil && stdout.cut:
		err = fmt.Errorf("the Azure CLI wrote more than %d bytes", maxAz)
	}
	return stdout.kept.Bytes(), stderr.kept.Bytes(), err
}

// readAz reads the answer of `az account get-access-token`
// (https://learn.microsoft.com/cli/azure/account#az-account-get-access-token).
// expires_on, in seconds, is there since version 2.54; expiresOn is local time.
func readAz(out []byte) (session, error) {
	var said struct {
		Token     string `json:"accessToken"`
		ExpiresOn int64  `json:"expires_on"`
		Local     string `json:"expiresOn"`
		Tenant    string `json:"tenant"`
	}
	// The decoder's own error could quote the token, so it is not passed on.
	if json.Unmarshal(out, &said) != nil || said.Token == "" {
		return session{}, errors.New("what the Azure CLI wrote is not a token")
	}
	expires := time.Unix(said.ExpiresOn, 0)
	if said.ExpiresOn == 0 {
		local, err := time.ParseInLocation("2006-01-02 15:04:05.999999", said.Local, time.Local)
		if err != nil {
			return session{}, errors.New("the Azure CLI does not say until when its token lasts")
		}
		expires = local
	}
	held := readSession(secret.New(said.Token), expires)
	held.account.TenantID = cmp.Or(held.account.TenantID, said.Tenant)
	return held, nil
}

// bounded keeps the beginning of what is written to it.
type bounded struct {
	kept  bytes.Buffer // not embedded: its ReadFrom knows no limit
	limit int
	cut   bool
}

// Write takes everything and keeps what there is room for, so that az does
// not wait for a reader.
func (b *bounded) Write(p []byte) (int, error) {
	room := min(len(p), b.limit-b.kept.Len())
	b.cut = b.cut || room < len(p)
	b.kept.Write(p[:room])
	return len(p), nil
}
