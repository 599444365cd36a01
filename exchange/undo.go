package exchange

import "strings"

// Undo returns the script that removes the limit, with CRLF line ends. It removes
// the role assignment, the scope and the service principal in Exchange that
// Script creates, unless something else uses them. It can be run any number of
// times.
func (l Limit) Undo() (string, error) {
	if err := l.Check(); err != nil {
		return "", err
	}
	parts := []string{undoHead + "\n" + l.values(), connect + "\n" + l.connection()}
	if l.TenantID != "" {
		parts = append(parts, rightTenant)
	}
	return lines(append(parts, undoAssignment, undoScope, undoPrincipal, undoEnd)...), nil
}

// UndoCommands returns the commands of Undo without its checks, for a screen or
// for pasting them one by one.
func (l Limit) UndoCommands() ([]string, error) {
	if err := l.Check(); err != nil {
		return nil, err
	}
	name := Quote(l.Name())
	return []string{
		l.connection(),
		"Remove-ManagementRoleAssignment -Identity " + name,
		"Remove-ManagementScope -Identity " + name,
		"Remove-ServicePrincipal -Identity " + Quote(strings.ToLower(l.ServicePrincipalID)),
	}, nil
}

const undoHead = `
# Takes away the limit of one app to one mailbox that the other script
# made in Exchange Online. First give the app its consent to Mail.Send in
# Microsoft Entra again, or it may send as nobody.
#
# Who may run it: an Exchange Administrator, or a member of the role group
# Organization Management.
# It needs Windows PowerShell 5.1 or PowerShell 7, and the module
# ExchangeOnlineManagement.
# It removes only what was made for this app, and may be run again. Run it
# as a file: pasted line by line it would not stop where it should.
$ErrorActionPreference = 'Stop'

# The app and the mailbox. Nothing below holds a value of its own.`

const undoAssignment = `
# 1. The role for the app. All are read and then compared: asked for one
# that it does not know, Get-ManagementRoleAssignment may return all.
if (@(Get-ManagementRoleAssignment -Role $role | Where-Object { $_.Name -eq $assignmentName }).Count -gt 0) {
    Remove-ManagementRoleAssignment -Identity $assignmentName -Confirm:$false
    Write-Host 'Removed: the role assignment.'
} else {
    Write-Host 'Not there: the role assignment.'
}
$left = @(Get-ManagementRoleAssignment | Where-Object { $_.Name -ne $assignmentName })`

const undoScope = `
# 2. The scope, unless another assignment was given it.
if (@(Get-ManagementScope | Where-Object { $_.Name -eq $scopeName }).Count -eq 0) {
    Write-Host 'Not there: the management scope.'
} elseif (@($left | Where-Object {
    [string]$_.CustomResourceScope -eq $scopeName -or [string]$_.CustomRecipientWriteScope -eq $scopeName
}).Count -gt 0) {
    Write-Warning 'The management scope stays: another role assignment uses it.'
} else {
    Remove-ManagementScope -Identity $scopeName -Confirm:$false
    Write-Host 'Removed: the management scope.'
}`

const undoPrincipal = `
# 3. Exchange's pointer to the app, with whichever Object ID, unless it
# holds other roles or somebody made it under another name. The app itself
# stays.
$known = @(Get-ServicePrincipal | Where-Object { [string]$_.AppId -eq $appId })
if ($known.Count -eq 0) {
    Write-Host 'Not there: the service principal in Exchange.'
} elseif (@($left | Where-Object { [string]$_.RoleAssigneeName -eq [string]$known[0].ObjectId }).Count -gt 0) {
    Write-Warning 'The service principal in Exchange stays: it holds other roles.'
} elseif ([string]$known[0].DisplayName -ne $displayName) {
    Write-Warning ('The service principal in Exchange stays: it is called ' + $known[0].DisplayName +
        ', so it was not made by palmail.')
} else {
    Remove-ServicePrincipal -Identity ([string]$known[0].ObjectId) -Confirm:$false
    Write-Host 'Removed: the service principal in Exchange.'
}`

const undoEnd = `
Write-Host 'Done. Exchange may take 30 minutes, and up to 2 hours for an app that is in use, to act on this.'
# The session stays open. Disconnect-ExchangeOnline ends it.`
