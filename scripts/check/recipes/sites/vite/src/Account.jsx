%jsx%
