package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// openFile opens a file. Windows ignores permissions such as 0600 and gives a
// new file those of its folder, which often lets every user read it. So a
// private file is made with an access control list of its own, in which only
// this user is, and into which the folder's is not inherited.
// https://learn.microsoft.com/windows/win32/secauthz/security-descriptor-string-format
func openFile(name string, flag int, mode fs.FileMode) (*os.File, error) {
	if mode&0o077 != 0 || flag&os.O_CREATE == 0 {
		return os.OpenFile(name, flag, mode)
	}
	attributes, err := privateAttributes()
	if err != nil {
		return nil, fmt.Errorf("making a private file: %w", err)
	}
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	access, creation := uint32(windows.GENERIC_WRITE), uint32(windows.CREATE_NEW)
	if flag&os.O_APPEND != 0 {
		// For a log: READ_CONTROL, so that others' access to an existing one is seen.
		access = windows.FILE_APPEND_DATA | windows.FILE_WRITE_ATTRIBUTES | windows.SYNCHRONIZE | windows.READ_CONTROL
		creation = windows.OPEN_ALWAYS
	}
	h, err := windows.CreateFile(path, access, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, attributes, creation,
		windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err} // ERROR_FILE_EXISTS is fs.ErrExist
	}
	return os.NewFile(uintptr(h), name), nil
}

// privateAttributes is a security descriptor that names this user as the owner
// and as the only one with access.
func privateAttributes() (*windows.SecurityAttributes, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("asking who the user is: %w", err)
	}
	sid := user.User.Sid.String()
	descriptor, err := windows.SecurityDescriptorFromString("O:" + sid + "D:P(A;;FA;;;" + sid + ")")
	if err != nil {
		return nil, fmt.Errorf("writing a security descriptor: %w", err)
	}
	a := &windows.SecurityAttributes{SecurityDescriptor: descriptor}
	a.Length = uint32(unsafe.Sizeof(*a))
	return a, nil
}

// othersCanRead says whether an open file's access control list lets in others
// than this user, the system and administrators, who can take any file anyway.
func othersCanRead(f *os.File) bool {
	list, err := accessList(f)
	if err != nil {
		return false // a file system without them
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return false
	}
	for i := range uint32(list.AceCount) {
		var entry *windows.ACCESS_ALLOWED_ACE
		if windows.GetAce(list, i, &entry) != nil {
			return true
		}
		who := (*windows.SID)(unsafe.Pointer(&entry.SidStart))
		inheritOnly := entry.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0
		if entry.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE || inheritOnly || who.Equals(user.User.Sid) ||
			who.IsWellKnown(windows.WinLocalSystemSid) || who.IsWellKnown(windows.WinBuiltinAdministratorsSid) {
			continue
		}
		return true
	}
	return false
}

func accessList(f *os.File) (*windows.ACL, error) {
	d, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return nil, err
	}
	list, _, err := d.DACL()
	if err == nil && list == nil {
		err = errors.New("no access control list")
	}
	return list, err
}
