package cli

import (
	"encoding/pem"
	"errors"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

// trusting is the environment of a person who has put the certificate in the
// file ca into the current user's store of trusted roots, and takes it out again
// at the end. On a real Windows a person is asked about both, so that it is done
// only where PALMAIL_ROOT_STORE_TESTS says so.
func trusting(t *testing.T, ca string) []string {
	t.Helper()
	if os.Getenv("PALMAIL_ROOT_STORE_TESTS") != "require" {
		t.Skip("it changes the user's trusted roots, which Windows asks about; .ci/wine runs it")
	}
	text, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("no certificate in " + ca)
	}
	inRoots(t, block.Bytes, func(*windows.CertContext) error { return nil })
	t.Cleanup(func() {
		inRoots(t, block.Bytes, func(stored *windows.CertContext) error {
			return windows.CertDeleteCertificateFromStore(windows.CertDuplicateCertificateContext(stored))
		})
	})
	return bareEnv(t)
}

// inRoots has a certificate in the user's trusted roots and calls then with it.
// Other processes see what was done once the store is closed.
func inRoots(t *testing.T, certificate []byte, then func(stored *windows.CertContext) error) {
	t.Helper()
	name, err := windows.UTF16PtrFromString("ROOT")
	if err != nil {
		t.Fatal(err)
	}
	roots, err := windows.CertOpenStore(windows.CERT_STORE_PROV_SYSTEM_W, 0, 0, windows.CERT_SYSTEM_STORE_CURRENT_USER,
		uintptr(unsafe.Pointer(name)))
	if err != nil {
		t.Fatal("opening the user's trusted roots:", err)
	}
	context, err := windows.CertCreateCertificateContext(windows.X509_ASN_ENCODING, &certificate[0],
		uint32(len(certificate)))
	if err != nil {
		t.Fatal(err)
	}
	var stored *windows.CertContext
	err = windows.CertAddCertificateContextToStore(roots, context, windows.CERT_STORE_ADD_REPLACE_EXISTING, &stored)
	if err == nil {
		err = errors.Join(then(stored), windows.CertFreeCertificateContext(stored))
	}
	if err = errors.Join(err, windows.CertFreeCertificateContext(context), windows.CertCloseStore(roots, 0)); err != nil {
		t.Fatal("changing the user's trusted roots:", err)
	}
}
