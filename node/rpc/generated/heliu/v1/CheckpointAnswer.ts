// Original file: proto/heliu/v1/audit.proto


export interface CheckpointAnswer {
  'note'?: (string);
}

export interface CheckpointAnswer__Output {
  'note': (string);
}
