package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

// onlyMine checks that the file's access control list names this user alone and
// takes nothing from the folder.
func onlyMine(t *testing.T, name string) {
	t.Helper()
	d, err := windows.GetNamedSecurityInfo(name, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := d.String(), "(A;;FA;;;"+user.User.Sid.String()+")"; strings.Count(got, "(") != 1 ||
		!strings.HasSuffix(got, want) {
		t.Errorf("%s has %s, not D:P%s alone", filepath.Base(name), got, want)
	}
}

func TestPrivateFiles(t *testing.T) {
	dir := t.TempDir()
	made := filepath.Join(dir, "new.age")
	if err := createFile(made, []byte("x"), private); err != nil {
		t.Fatal(err)
	}
	onlyMine(t, made)
	if err := replaceFile(made, []byte("y"), private); err != nil {
		t.Fatal(err)
	}
	onlyMine(t, made)
	if err := createFile(made, nil, private); err == nil {
		t.Error("a file that exists was taken")
	}
	if data, err := os.ReadFile(made); err != nil || string(data) != "y" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestPrivateLog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	for range 2 { // made, and gone on with
		code, _, errs := runWith(t, "", "status", "--demo", "--log", name)
		if code == exitUsage || strings.Contains(errs, "warning") {
			t.Fatalf("%d %s", code, errs)
		}
		f, err := openFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, private)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("line\n"); err != nil {
			t.Error(err)
		}
		if othersCanRead(f) {
			t.Error("others can read it")
		}
		_ = f.Close()
		onlyMine(t, name)
	}
	if data, err := os.ReadFile(name); err != nil || string(data) != "line\nline\n" {
		t.Errorf("%q, %v", data, err)
	}
}
