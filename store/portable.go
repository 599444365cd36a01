package store

import "errors"

// fileRevision is the revision of every record outside the keyring.
const fileRevision = "carried"

// EncodeProfile returns a setup in the form of a keyring record, with its
// secrets in the clear, for a file that the caller encrypts. Keys of a newer
// palmail, which a Setup does not hold, are left out.
func EncodeProfile(s *Setup) ([]byte, error) {
	text, err := encode(s, fileRevision, beside{})
	if err == nil && len(text) > maxRecord {
		err = &TooBigError{Size: len(text), Limit: maxRecord}
	}
	return []byte(text), err
}

// DecodeProfile reads what EncodeProfile wrote, with the checks for a stored
// record; its errors are ErrDamaged and ErrNewer. The setup has no Revision, so
// that it can only be saved as a new profile.
func DecodeProfile(record []byte) (Setup, error) {
	s, kept, err := decode(string(record))
	if err != nil {
		return Setup{}, err
	}
	if len(kept.unknownKeys) > 0 {
		return Setup{}, errors.Join(ErrNewer, errors.New("it has keys that this version does not know"))
	}
	s.Revision = ""
	return s, nil
}
