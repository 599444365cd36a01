package store

import "errors"

// fileRevision stands for the revision of a record outside the keyring.
const fileRevision = "carried"

// EncodeProfile writes a setup as the record it has in the keyring, for a
// file that the caller encrypts: its secrets are in it in the clear. Keys of
// a newer palmail's record, which a Setup does not hold, are not carried.
func EncodeProfile(s *Setup) ([]byte, error) {
	text, err := encode(s, fileRevision, nil)
	if err == nil && len(text) > maxRecord {
		err = &TooBigError{Size: len(text), Limit: maxRecord}
	}
	return []byte(text), err
}

// DecodeProfile reads what EncodeProfile wrote, checked as a stored record is:
// ErrDamaged or ErrNewer. The setup has no Revision, so that a Save of it
// only ever makes a new profile.
func DecodeProfile(record []byte) (Setup, error) {
	s, unknownKeys, err := decode(string(record))
	if err != nil {
		return Setup{}, err
	}
	if len(unknownKeys) > 0 {
		return Setup{}, errors.Join(ErrNewer, errors.New("it has keys that this version does not know"))
	}
	s.Revision = ""
	return s, nil
}
