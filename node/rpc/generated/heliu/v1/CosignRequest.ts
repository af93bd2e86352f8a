// Original file: proto/heliu/v1/audit.proto


export interface CosignRequest {
  'messageId'?: (string);
  'body'?: (string);
}

export interface CosignRequest__Output {
  'messageId': (string);
  'body': (string);
}
