package m365

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/program"
	"palmail/secret"
)

var (
	// ErrNoAzureCLI means that az is not installed on this computer.
	ErrNoAzureCLI = errors.New("the Azure CLI (az) is not on this computer")
	// ErrAzureCLISignedOut means that nobody is signed in to the tenant with az.
	ErrAzureCLISignedOut = errors.New("nobody is signed in to the Azure CLI for this tenant")
)

const (
	azTimeout   = time.Minute // az starts a Python interpreter, which can take long the first time
	azGrace     = 2 * time.Second
	maxAzOutput = 256 << 10 // bytes of its output that are read
)

// AzureCLIPresent says whether az can be started. It does not start az, so it
// cannot tell whether anybody is signed in.
func AzureCLIPresent(ctx context.Context) bool {
	_, err := program.Find("az")
	return err == nil && ctx.Err() == nil
}

// SignInAzureCLI uses the sign-in of the Azure CLI: it asks az for a token now,
// and for another when that expires. LoginHint and ClientID are ignored: the
// account is the one that is signed in to az, and the client is the Azure CLI.
//
// Errors are or wrap a *diagnose.Failure of the stage sign-in, whose Body is the
// output of az; ErrNoAzureCLI and ErrAzureCLISignedOut are among them.
func (c *Client) SignInAzureCLI(ctx context.Context, o SignInOptions) (*Admin, error) {
	renew := func(ctx context.Context) (adminToken, *diagnose.Failure) { return c.askAzureCLI(ctx, o.TenantID) }
	held, f := renew(ctx)
	if f != nil {
		return nil, f
	}
	return newAdmin(c, held, renew), nil
}

// safeAzArgument matches arguments that are safe for az. On Windows az is a
// batch file, and cmd.exe, which runs it, parses its arguments a second time.
var safeAzArgument = regexp.MustCompile(`^[A-Za-z0-9.:/_-]+$`)

func (c *Client) askAzureCLI(ctx context.Context, tenantID string) (adminToken, *diagnose.Failure) {
	args := []string{"account", "get-access-token", "--output", "json", "--resource", c.cloud.Graph}
	if tenantID != "" {
		args = append(args, "--tenant", tenantID)
	}
	for _, a := range args {
		if !safeAzArgument.MatchString(a) {
			return adminToken{}, c.signInFailed(ctx, fmt.Errorf("asking the Azure CLI: %q cannot be handed to it", a))
		}
	}
	out, stderrText, err := runAz(ctx, args)
	if err != nil {
		return adminToken{}, c.azFailure(ctx, stderrText, err)
	}
	held, err := parseAzToken(out)
	if err == nil {
		err = c.checkAdminToken(ctx, held, tenantID)
	}
	if err != nil {
		return adminToken{}, c.signInFailed(withHidden(ctx, held.bearer), err)
	}
	return held, nil
}

// azFailure puts the output of az into the failure's Body: it contains the
// token endpoint's error, if az called that.
func (c *Client) azFailure(ctx context.Context, stderr []byte, err error) *diagnose.Failure {
	text := string(stderr)
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
	return c.wire.failure(ctx, diagnose.StageSignIn, answer{host: hostOf(c.cloud.Login), body: stderr}, err)
}

// runAz runs az without a shell and returns its output.
func runAz(ctx context.Context, args []string) (out, stderrText []byte, err error) {
	path, err := program.Find("az")
	if err != nil {
		return nil, nil, ErrNoAzureCLI
	}
	ctx, cancel := context.WithTimeout(ctx, azTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(program.Environment(), "AZURE_CORE_NO_COLOR=true", "AZURE_CORE_ONLY_SHOW_ERRORS=true")
	stdout, stderr := &boundedBuffer{limit: maxAzOutput}, &boundedBuffer{limit: maxAzOutput}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = azGrace // child processes of az can keep the pipes open
	endWithChildren(cmd)
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("the Azure CLI did not answer within %s: %w", azTimeout, ctx.Err())
	case err == nil && stdout.truncated:
		err = fmt.Errorf("the Azure CLI wrote more than %d bytes", maxAzOutput)
	}
	return stdout.buffer.Bytes(), stderr.buffer.Bytes(), err
}

// parseAzToken reads the answer of `az account get-access-token`
// (https://learn.microsoft.com/cli/azure/account#az-account-get-access-token).
// expires_on, in seconds, exists since version 2.54; expiresOn is local time.
func parseAzToken(out []byte) (adminToken, error) {
	var said struct {
		Token     string `json:"accessToken"`
		ExpiresOn int64  `json:"expires_on"`
		Local     string `json:"expiresOn"`
		Tenant    string `json:"tenant"`
	}
	// The decoder's error could quote the token, so it is not wrapped.
	if json.Unmarshal(out, &said) != nil || said.Token == "" {
		return adminToken{}, errors.New("what the Azure CLI wrote is not a token")
	}
	expires := time.Unix(said.ExpiresOn, 0)
	if said.ExpiresOn == 0 {
		local, err := time.ParseInLocation("2006-01-02 15:04:05.999999", said.Local, time.Local)
		if err != nil {
			return adminToken{}, errors.New("the Azure CLI does not say until when its token lasts")
		}
		expires = local
	}
	held := readAdminToken(secret.New(said.Token), expires)
	held.account.TenantID = cmp.Or(held.account.TenantID, said.Tenant)
	return held, nil
}

// boundedBuffer keeps the first limit bytes that are written to it.
type boundedBuffer struct {
	buffer    bytes.Buffer // not embedded: its ReadFrom has no limit
	limit     int
	truncated bool
}

// Write accepts everything, so that az does not block, and keeps what fits.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	room := min(len(p), b.limit-b.buffer.Len())
	b.truncated = b.truncated || room < len(p)
	b.buffer.Write(p[:room])
	return len(p), nil
}
