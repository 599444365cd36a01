package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

// onlyMine checks that the file's access control list names this user alone and
// takes nothing from the folder. Wine keeps permissions of Unix instead, and adds
// the system to what it answers; the control is a file with usual permissions.
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
	mine := "(A;;FA;;;" + user.User.Sid.String() + ")"
	got := d.String()
	if !strings.HasSuffix(got, mine) || strings.ReplaceAll(got, "(A;;FA;;;SY)", "") != "D:P"+mine && !onWine() ||
		strings.Count(strings.ReplaceAll(got, "(A;;FA;;;SY)", ""), "(") != 1 {
		t.Errorf("%s has %s, not D:P%s", filepath.Base(name), got, mine)
	}
}

// onWine says whether this is Wine, by a function that only its ntdll has.
func onWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

func TestOthersCanRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "open")
	everyone, err := windows.SecurityDescriptorFromString("D:P(A;;FA;;;WD)")
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := everyone.DACL()
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, name, []byte("x"))
	if err := windows.SetNamedSecurityInfo(name, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil); err != nil {
		t.Fatal(err)
	}
	code, _, errs := runWith(t, "", "status", "--demo", "--log", name)
	if code == exitUsage {
		t.Fatal(errs)
	}
	f, err := openFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, private)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !othersCanRead(f) {
		t.Error("a file for everyone is taken for private")
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
