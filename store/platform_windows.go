package store

import "golang.org/x/sys/windows/registry"

// system is this machine's keyring.
var system = windowsPlatform(storingForbidden)

// storingForbidden reads the value behind the security option "Network
// access: Do not allow storage of passwords and credentials for network
// authentication" (the page of that name below
// https://learn.microsoft.com/windows/security/threat-protection/security-policy-settings/).
func storingForbidden() bool {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Control\Lsa`, registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	defer key.Close()
	value, _, err := key.GetIntegerValue("DisableDomainCreds")
	return err == nil && value != 0
}
