// Original file: proto/heliu/v1/audit.proto


export interface ProofRequest {
  'messageId'?: (string);
  'index'?: (string);
}

export interface ProofRequest__Output {
  'messageId': (string);
  'index': (string);
}
