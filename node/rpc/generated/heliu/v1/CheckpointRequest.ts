// Original file: proto/heliu/v1/audit.proto


export interface CheckpointRequest {
  'messageId'?: (string);
}

export interface CheckpointRequest__Output {
  'messageId': (string);
}
