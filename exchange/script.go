package exchange

import "strings"

// Script returns the script that creates the limit, with CRLF line ends. It can
// be run any number of times. If something must be corrected first, it ends with
// an error, which PowerShell shows.
func (l Limit) Script() (string, error) {
	if err := l.Check(); err != nil {
		return "", err
	}
	parts := []string{makeHead + "\n" + l.values(), connect + "\n" + l.connection()}
	if l.TenantID != "" {
		parts = append(parts, rightTenant)
	}
	parts = append(parts, makePrincipal, makeScope, makeAssignment, tryIt)
	if l.Other != "" {
		parts = append(parts, tryOther)
	}
	return lines(append(parts, makeEnd)...), nil
}

// Commands returns the commands of Script without its checks, for a screen or
// for pasting them one by one.
func (l Limit) Commands() ([]string, error) {
	if err := l.Check(); err != nil {
		return nil, err
	}
	id, name := Quote(strings.ToLower(l.ServicePrincipalID)), Quote(l.Name())
	return []string{
		l.connection(),
		"New-ServicePrincipal -AppId " + Quote(strings.ToLower(l.ClientID)) + " -ObjectId " + id + " -DisplayName " +
			Quote(l.DisplayName),
		"New-ManagementScope -Name " + name + " -RecipientRestrictionFilter " + Quote(l.Filter()),
		"New-ManagementRoleAssignment -Name " + name + " -App " + id + " -Role " + Quote(Role) +
			" -CustomResourceScope " + name,
		"Test-ServicePrincipalAuthorization -Identity " + Quote(strings.ToLower(l.ClientID)) + " -Resource " +
			Quote(strings.ToLower(l.Mailbox)),
	}, nil
}

// values returns the assignments at the beginning of a script, the only lines
// that contain values of the Limit.
func (l Limit) values() string {
	var b strings.Builder
	for _, v := range []struct{ name, value string }{
		{"appId", strings.ToLower(l.ClientID)}, {"objectId", strings.ToLower(l.ServicePrincipalID)},
		{"displayName", l.DisplayName},
		{"mailbox", strings.ToLower(l.Mailbox)}, {"otherMailbox", strings.ToLower(l.Other)},
		{"tenantId", strings.ToLower(l.TenantID)},
		{"role", Role}, {"scopeName", l.Name()}, {"assignmentName", l.Name()}, {"filter", l.Filter()},
	} {
		b.WriteString("$" + v.name + " = " + Quote(v.value) + "\n")
	}
	return b.String()
}

// connection returns the command that signs in. It leaves out the default
// environment, as Microsoft says, and an unknown one, which is up to the person
// who runs the script.
func (l Limit) connection() string {
	const command = "Connect-ExchangeOnline -ShowBanner:$false"
	if l.Environment == "" || l.Environment == Environments[0] {
		return command
	}
	return command + " -ExchangeEnvironmentName " + Quote(l.Environment)
}

// lines joins the parts of a script with an empty line between them and CRLF.
func lines(parts ...string) string {
	for i, p := range parts {
		parts[i] = strings.Trim(p, "\n")
	}
	return strings.ReplaceAll(strings.Join(parts, "\n\n"), "\n", "\r\n") + "\r\n"
}

const makeHead = `
# Limits what one app may send as to one mailbox, with role based access
# control (RBAC) for Applications in Exchange Online:
# https://learn.microsoft.com/exchange/permissions-exo/application-rbac
#
# Who may run it: an Exchange Administrator, or a member of the role group
# Organization Management.
# It needs Windows PowerShell 5.1 or PowerShell 7, and the module
# ExchangeOnlineManagement.
# It looks before it makes anything, so it may be run again. If Exchange
# does not find what was made a moment ago, wait a minute and run it
# again.
# Run it as a file: pasted line by line it would not stop where it should.
# If Windows refuses to run it, allow it for this window only:
# Set-ExecutionPolicy -Scope Process -ExecutionPolicy RemoteSigned
$ErrorActionPreference = 'Stop'

# The app and the mailbox. Nothing below holds a value of its own.`

const connect = `
if (-not (Get-Module -ListAvailable -Name ExchangeOnlineManagement)) {
    throw ('The module ExchangeOnlineManagement is not installed. Install it with: ' +
        'Install-Module ExchangeOnlineManagement -Scope CurrentUser')
}
Import-Module ExchangeOnlineManagement

# Sign in. In a cloud that this script does not name, such as an
# air-gapped one, add -ExchangeEnvironmentName, or the addresses that
# cloud asks for.`

const rightTenant = `
# Only in the app's own tenant: whoever looks after several may sign in to
# another one.
$connection = Get-ConnectionInformation | Where-Object { $_.State -eq 'Connected' } | Select-Object -Last 1
if ([string]$connection.TenantID -ne $tenantId) {
    throw ('You signed in to the tenant ' + $connection.TenantID + ', and the app is in ' + $tenantId +
        '. Nothing was changed.')
}`

const makePrincipal = `
# 1. Exchange's own pointer to the enterprise application. All are read
# and then compared: asked for one that it does not know,
# Get-ServicePrincipal may return all.
$known = @(Get-ServicePrincipal | Where-Object { [string]$_.AppId -eq $appId })
if ($known.Count -eq 0) {
    New-ServicePrincipal -AppId $appId -ObjectId $objectId -DisplayName $displayName | Out-Null
    Write-Host 'Made: the service principal in Exchange.'
} elseif ([string]$known[0].ObjectId -ne $objectId) {
    throw ('Exchange knows this app with the Object ID ' + $known[0].ObjectId +
        ', but its enterprise application has ' + $objectId +
        '. Most likely the Object ID of the app registration was taken. Remove it with the undo script, or with: ' +
        'Remove-ServicePrincipal -Identity ' + $known[0].ObjectId + ' - and run this script again.')
} else {
    Write-Host 'Already there: the service principal in Exchange.'
}`

const makeScope = `
# 2. The scope: this one mailbox. A filter on the primary address finds
# the mailbox's other addresses too, so it is counted first.
$found = @(Get-Recipient -Filter $filter -ResultSize 2)
if ($found.Count -ne 1) {
    throw ('There must be exactly one recipient with the address ' + $mailbox +
        ' in Exchange Online. Found: ' + $found.Count + '. Nothing was limited.')
}
$scopes = @(Get-ManagementScope)
$scope = @($scopes | Where-Object { $_.Name -eq $scopeName })
$same = @($scopes | Where-Object { [string]$_.RecipientFilter -eq $filter })
if ($scope.Count -gt 0) {
    if ([string]$scope[0].RecipientFilter -ne $filter) {
        Set-ManagementScope -Identity $scopeName -RecipientRestrictionFilter $filter
        Write-Host 'Put right: the filter of the management scope.'
    } else {
        Write-Host 'Already there: the management scope.'
    }
} elseif ($same.Count -gt 0) {
    # Exchange refuses a second scope with the same filter.
    $scopeName = $same[0].Name
    Write-Warning ('The management scope ' + $scopeName +
        ' has the same filter and is used. Whoever changes it changes what this app may do.')
} else {
    New-ManagementScope -Name $scopeName -RecipientRestrictionFilter $filter | Out-Null
    Write-Host 'Made: the management scope.'
}`

const makeAssignment = `
# 3. The role for the app, in that scope only.
$assignments = @(Get-ManagementRoleAssignment -Role $role)
$assignment = @($assignments | Where-Object { $_.Name -eq $assignmentName })
if ($assignment.Count -eq 0) {
    New-ManagementRoleAssignment -Name $assignmentName -App $objectId -Role $role -CustomResourceScope $scopeName |
        Out-Null
    Write-Host 'Made: the role assignment.'
} elseif ([string]$assignment[0].CustomResourceScope -ne $scopeName) {
    Set-ManagementRoleAssignment -Identity $assignmentName -CustomResourceScope $scopeName
    Write-Host 'Put right: the scope of the role assignment.'
} else {
    Write-Host 'Already there: the role assignment.'
}
foreach ($more in $assignments) {
    if ([string]$more.RoleAssigneeName -eq $objectId -and $more.Name -ne $assignmentName) {
        Write-Warning ('The role assignment ' + $more.Name +
            ' lets this app send as more mailboxes. Remove it with: Remove-ManagementRoleAssignment')
    }
}`

const tryIt = `
# 4. What Exchange will say. This looks at the settings themselves, past
# the cache that decides for the app.
$rows = @(Test-ServicePrincipalAuthorization -Identity $appId -Resource $mailbox)
$rows | Format-Table -Property RoleName, GrantedPermissions, AllowedResourceScope, ScopeType, InScope
if (-not ($rows | Where-Object { $_.RoleName -eq $role -and [string]$_.InScope -eq 'True' })) {
    throw 'The mailbox is not in the scope. Wait a minute and run this script again.'
}`

const tryOther = `
# The second mailbox must not be in any scope of the app.
$others = @(Test-ServicePrincipalAuthorization -Identity $appId -Resource $otherMailbox)
if ($others | Where-Object { $_.RoleName -eq $role -and [string]$_.InScope -eq 'True' }) {
    $others | Format-Table -Property RoleName, GrantedPermissions, AllowedResourceScope, ScopeType, InScope
    Write-Warning ('The app may also send as ' + $otherMailbox + '. The table says by which scope.')
}`

const makeEnd = `
Write-Host 'Done in Exchange. Two things are left:'
Write-Host ('1. Remove the consent to Mail.Send in Microsoft Entra. What Entra and what Exchange grant add up, ' +
    'so the app is not limited before.')
Write-Host ('2. Wait: Exchange may take 30 minutes, and up to 2 hours for an app that is in use, to act on this. ' +
    'palmail limit tells when it does.')
# The session stays open. Disconnect-ExchangeOnline ends it.`
