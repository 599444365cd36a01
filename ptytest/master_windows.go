package ptytest

import (
	"errors"
	"os"
)

func pollable(*os.File) (*os.File, error) { return nil, errors.ErrUnsupported }

func setSize(*os.File, int, int) error { return errors.ErrUnsupported }
